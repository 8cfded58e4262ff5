"""Game days: people around a screen, a script of faults and expected signals, one key that ends it all."""
