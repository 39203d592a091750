"""Training of ``mini``'s scene reader: things and parts are found first, words choose among them."""
