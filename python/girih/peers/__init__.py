# SPDX-License-Identifier: Apache-2.0
"""Girih beside its peers: girih.peers.parity compares results with torch's, girih.peers.bench times beside torch's and
Triton's."""
