"""From words to masks: finders of regions and pools of masks, behind two small protocols."""
