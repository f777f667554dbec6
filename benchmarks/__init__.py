"""What a sync costs, beside the plainest program that could do it and a mature one that does."""
