"""Clocks: by when somebody has to have done what, counted in their own working hours (D40, D41). Pure.

    hours · amounts → policy → history → rungs → planning        what is due when
                           └─▶ intervals · crm_dates             how long it took; the same from CRM dates
                                               └─▶ crm_attainment, as attainment: how promises were kept
    roster                                                       whose hours

Nothing here knows what time it is: moments come in as arguments, and answers are in UTC.
"""
