"""The stand-in's whole-screen pages: what a dialog, a detail and help look like."""

from __future__ import annotations

DIALOG = """\
 LOCK host-1 ?                                        site-7   02:51:20Z UTC
------------------------------------------------------------------------------
 WHAT STOPS
   11 pods are evicted: 9 have a copy elsewhere, and come back there
 ! 2 have NOWHERE ELSE to go and stop:  oran/du-1-0  (SR-IOV, pinned here)
                                        lab/ptp-cfg  (bare pod, gone for good)
   Host services: vim-services loses its standby; 400.002 will be raised

 HOW LONG HERE   locks took 0:41 0:39 0:52

 WILL IT BE ACCEPTED
   yes, as far as this console can tell
   only the server knows: is a strategy being applied

 REQUEST         PATCH /v1/ihosts/3f2a..  [{op: replace, path: /action, value: lock}]
 THE SAME AS     system host-lock controller-1
 WHY (record)    ______________________________

                 [ No ]     type yes to lock: ___




 Esc no   c copy command   ? keys
"""

DETAIL = """\
 site-7 > controller-1  (standby)                 C1 M0 m0 w0     live 3s 02:44Z
 o Overview  i If  p Ports  d Disks  f Fs  c Cpu  m Mem  s Svc  x BMC  h History
 ENABLED, BUT ITS WORKER FUNCTION IS NOT: pods will not be scheduled here.
------------------------------------------------------------------------------
   state      unlocked / enabled / degraded           since 02:42:50Z    1m 10s
 ! worker     disabled / failed                       since 02:43:31Z       29s
   task       Enabling Worker Service
   config     applied 7c1f..  target 7c1f..           up to date
   kernel     5.10.0-6-rt-amd64 lowlatency            same as controller-0
   software   24.09.300  ostree 9b2e41c               same as controller-0
 ----------------------------------------------------------------------------
   agreement  sysinv enabled | kubernetes NotReady 40s | BMC on | ssh answers
   BMC        redfish 10.10.7.12  iDRAC9 6.10   temp 41C  fans ok  PSU 2/2
   boot       /dev/disk/by-path/pci-0000:18:00.0-nvme-1   serial console ttyS0
   cpu mem    64 threads: 4 platform 60 app      512 GiB: 24 platform  96x1G
   network    mgmt0 ae 2x10G up/up    oam0 1G up    data0 25G up    sriov0 16 vf
   peers      drbd all UpToDate, syncing 0     ceph osd.1 down 2m
 ----------------------------------------------------------------------------
 ! C 100.104  /var/log 92% (critical at 90)           raised 02:29Z       15m
   M 250.001  cleared 02:42Z by this unlock

   why        puppet failed: worker.pp line 214, exit 6          l  show the log

 Enter alarm  a act  l logs  D differ from twin  c copy  q back  ? keys
"""

HELP = """\
 KEYS of Hosts

 Every act has a printable key.
   a      does the thing number 0, on this row        A   the other 0
   b      does the thing number 1, on this row        B   the other 7
   c      does the thing number 2, on this row        C   the other 14
   d      does the thing number 3, on this row        D   the other 21
   e      does the thing number 4, on this row        E   the other 28
   f      does the thing number 5, on this row        F   the other 35
   g      does the thing number 6, on this row        G   the other 42
   h      does the thing number 7, on this row        H   the other 49
   i      does the thing number 8, on this row        I   the other 56
   j      does the thing number 9, on this row        J   the other 63
   k      does the thing number 10, on this row        K   the other 70
   l      does the thing number 11, on this row        L   the other 77
   m      does the thing number 12, on this row        M   the other 84
   n      does the thing number 13, on this row        N   the other 91
   o      does the thing number 14, on this row        O   the other 98
   p      does the thing number 15, on this row        P   the other 105
   q      does the thing number 16, on this row        Q   the other 112
   r      does the thing number 17, on this row        R   the other 119


 q back
"""

PAGES = {"dialog": DIALOG, "detail": DETAIL, "help": HELP}
