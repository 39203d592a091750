"""From words on the graph to an answer: queue, requests, turns, standing instructions."""
