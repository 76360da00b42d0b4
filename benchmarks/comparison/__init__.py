"""Running this program and comparable ones on the same photos, and telling what each of them cost."""
