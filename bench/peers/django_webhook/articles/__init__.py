"""Two models whose saves call webhooks."""
