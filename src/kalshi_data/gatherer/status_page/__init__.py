"""The pages of a gatherer: its connections, order books, frame log, and the frames in quarantine."""
