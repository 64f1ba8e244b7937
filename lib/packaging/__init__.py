"""Packs what is deployed: the library of the jobs, the functions, and Node.js for CDK."""
