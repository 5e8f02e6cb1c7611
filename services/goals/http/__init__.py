"""The HTTP side: what is asked, who may ask it, and how it is answered."""
