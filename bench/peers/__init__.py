"""Other ways to send webhooks from Django, each as a small project of its own, at its best honest configuration."""
