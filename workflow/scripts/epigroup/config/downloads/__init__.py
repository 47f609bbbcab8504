"""Files that rows name by an accession or an address: from where, and under which name they come."""
