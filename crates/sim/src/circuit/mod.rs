//! Circuits: centre and racing line, corners, sectors, pit lane and zones; two of our own and any centre line.
