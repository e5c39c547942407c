"""What follows a sweep: what is written for people and dashboards, and the states kept."""
