saved = 1
