"""The catalogue: suppliers, products, SKUs, prices; costs apart, in the office's scope."""
