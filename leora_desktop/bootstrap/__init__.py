"""Where the parts are joined: a session over one profile, and the verbs that use it."""
