"""Code that long-running programs share: health, metrics, logs, retries, periodic work and systemd."""
