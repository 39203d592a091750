"""``mini``'s scene reader at run time: things and parts are found first, words choose among them."""
