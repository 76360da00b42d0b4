"""The review, served: a page on which a person looks, decides, applies and undoes; no run goes on while it is shown."""
