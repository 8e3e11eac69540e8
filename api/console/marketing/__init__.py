"""Where marketing works: cadences with what came of them, the editor, and the answer library."""
