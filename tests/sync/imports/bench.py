"""What tests of imports share: a tenant with reps, and files made of text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leora_core.domain.command import Record
from leora_core.store.unit_of_work import UnitOfWork
from sync.imports.applying import run_import
from sync.imports.prepared import Source
from sync.imports.report import Report
from sync.tenants import Tenant

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@dataclass
class Bench:
    """A tenant to import into."""

    tenant: Tenant

    def take(self, kind: str, content: str | bytes, recipe: str | None = None, **options: Any) -> Report:
        data = content.encode() if isinstance(content, str) else content
        constants = options.pop("constants", {})
        return run_import(self.tenant, Source("file.csv", data, kind, recipe, constants), **options)

    def rows(self, kind: type[Record], **equal: object) -> list[Any]:
        with self.tenant.database.reading() as transaction:
            return UnitOfWork(transaction).find(kind, **equal)

    def one(self, kind: type[Record], **equal: object) -> Any:
        (found,) = self.rows(kind, **equal)
        return found

    def version(self) -> int:
        with self.tenant.database.reading() as transaction:
            return int(transaction.execute("SELECT version FROM clock").fetchone()[0])


def statuses(report: Report) -> dict[int, str]:
    return {row["row"]: row["status"] for row in report.as_json()["rows"]}


def sentences(report: Report) -> list[str]:
    return [problem["sentence"] for problem in report.as_json()["problems"]]
