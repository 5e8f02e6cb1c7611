"""Whether what goes over the wire keeps its promised form."""
