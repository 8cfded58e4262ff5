"""Where answers come from: one file a kind of provider."""
