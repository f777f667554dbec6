"""The addresses of the server, one subject a module: parse, call, answer."""
