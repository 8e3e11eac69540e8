"""What is missing before a provider carries messages: read-only look-ups, which send nothing."""
