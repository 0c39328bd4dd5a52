"""Classical fractal compression (PIFS): every range against every domain. numpy and torch only where they are used."""
