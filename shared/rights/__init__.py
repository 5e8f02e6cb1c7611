"""Who may do what: roles, what they come to for one user, and the people they bind."""
