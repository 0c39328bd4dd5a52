"""Classical fractal compression (PIFS): every range against every domain. numpy only where it is used."""
