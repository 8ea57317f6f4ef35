"""Hosts that this machine boots with systemd-nspawn: image, network, control groups."""
