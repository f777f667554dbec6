"""Activities: what happened with an account, what was said, what was attached."""
