"""A business that never was: twelve weeks of leads, reps and answers, lived through the real engine and recounted."""
