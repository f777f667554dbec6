import pytest

from tests.sync.conftest import Company
from tests.sync.imports.bench import Bench


@pytest.fixture
def bench(company: Company) -> Bench:
    """A tenant with two reps, Ann and Bob."""
    company.person("ann@acme.example", "rep", password=None)
    company.person("bob@acme.example", "rep", password=None)
    return Bench(company.tenant)
