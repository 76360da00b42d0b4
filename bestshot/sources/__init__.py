"""Where photos come from: folders and Immich servers, behind one interface."""
