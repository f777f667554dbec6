"""What the machine around the business can fail at."""


class Unavailable(Exception):  # noqa: N818 - it says what is so, as `Rejected` does
    """Something outside the rules is not there now: nothing is lost, trying again later may work.

    `what` is network, disk, keyring, microphone or server; `sentence` is for people.
    """

    def __init__(self, what: str, sentence: str) -> None:
        self.what = what
        self.sentence = sentence
        super().__init__(f"{what}: {sentence}")
