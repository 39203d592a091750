"""ConverSeg-Net: a vision-language model that reads the question, a SAM that draws the mask.

The one package of core that may use torch; nothing outside imports it unless such a bundle is loaded,
imported, exported or measured.
"""
