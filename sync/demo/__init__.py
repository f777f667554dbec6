"""Sample data for trying the product out: invented firms and people, real grapes, regions and towns."""
