"""The console: where our own people work. Pages stand in a folder for each kind of work; begin with mount.py."""
