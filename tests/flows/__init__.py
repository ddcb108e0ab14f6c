"""The main job from end to end, in a process of its own, as a newcomer starts it."""
