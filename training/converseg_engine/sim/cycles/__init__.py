"""Near-photographs of the same compiled scenes, by Blender's Cycles in a process of its own."""
