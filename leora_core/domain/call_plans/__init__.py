"""CARLA: the week's call plan. One plan a rep and ISO week, at most 75 accounts, X / Y / blank."""
