"""What long-running programs share: health, metrics, logs, retries and systemd."""
