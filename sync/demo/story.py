"""The whole story, part after part."""

import time

from sync.demo import away, back, opening, proving
from sync.demo.stage import Stage


def play(stage: Stage) -> None:
    """Play it to the proof. Raises DemoFailed, or Refused when a laptop says no where it must not."""
    begun = time.monotonic()
    opening.found_company(stage)
    opening.import_files(stage)
    opening.enrol(stage)
    opening.share_out(stage)
    set_up = time.monotonic()
    away.hand_over(stage)
    away.cut_off(stage)
    _work_offline(stage)
    back.pull_through_a_break(stage)
    back.sync_reps(stage)
    back.show_refused(stage)
    back.show_handed_over(stage)
    back.show_conflicts(stage)
    back.settle(stage)
    proving.show_holdings(stage)
    line = proving.prove(stage)
    now = time.monotonic()
    stage.tell.say(f"The set-up took {set_up - begun:.0f} s, all that followed {now - set_up:.0f} s.")
    stage.tell.say(f"The folder {stage.out.name} keeps this transcript, the databases, and keys.txt to open them.")
    stage.tell.plain("")
    stage.tell.plain(line)
    (stage.out / "proof.txt").write_text(line + "\n", encoding="utf-8")


def _work_offline(stage: Stage) -> None:
    first, second = stage.reps
    must = [stage.handed_over["id"], stage.shared["id"]]
    stage.tell.heading("Work goes on without it")
    for rep, accounts in ((first, must), (second, must[:1])):
        away.plan_week(stage, rep, accounts)
        away.visit(stage, rep, must[0])
        away.give_samples(stage, rep)
    away.edit_together(stage)
    away.lower_allowance(stage)
    away.news_at_office(stage)
    away.tell_waiting(stage)
