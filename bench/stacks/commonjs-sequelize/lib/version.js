exports.saved = 1
