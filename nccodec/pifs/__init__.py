"""Classical search for the map (PIFS): every range against every domain."""
