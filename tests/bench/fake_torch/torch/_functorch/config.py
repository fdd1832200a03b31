# SPDX-License-Identifier: Apache-2.0
donated_buffer = True
