"""What an author types: sync derives labs/ from solutions/, lint says whether a lab is sound, release copies it out."""
