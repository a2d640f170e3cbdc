"""The only part that imports bpy."""
