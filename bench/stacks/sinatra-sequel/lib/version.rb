Saved = 1
