"""What holds of the project's files, whatever they do."""
