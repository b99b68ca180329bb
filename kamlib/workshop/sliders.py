"""Sliders that all look alike: a share in per cent, an amount, points."""

from __future__ import annotations

import ipywidgets as widgets

WIDTHS = {"style": {"description_width": "150px"}, "layout": {"width": "420px"}}
PLACES = 6  # a slider adds its steps up in binary; beyond this nothing was meant


def share_slider(words: str, low: float, high: float, step: float) -> widgets.FloatSlider:
    """Return a slider of a share, written in per cent with as many places as its step has.

    Parameters
    ----------
    words : str
    low, high, step : float
        Shares.

    Returns
    -------
    FloatSlider

    Examples
    --------
    >>> share_slider("Staff", 0.0, 0.4, 0.005).readout_format
    '.1%'
    """
    places = max(0, len(f"{100 * step:.4f}".rstrip("0").partition(".")[2]))
    return widgets.FloatSlider(value=low, min=low, max=high, step=step, description=words, readout_format=f".{places}%", **WIDTHS)


def amount_slider(words: str, high: float, step: float) -> widgets.FloatSlider:
    """Return a slider of an amount from 0 on.

    Parameters
    ----------
    words : str
    high, step : float

    Returns
    -------
    FloatSlider
    """
    return widgets.FloatSlider(value=0.0, min=0.0, max=high, step=step, description=words, readout_format=",.0f", **WIDTHS)


def points_slider(words: str, low: int, high: int) -> widgets.IntSlider:
    """Return a slider of whole points.

    Parameters
    ----------
    words : str
    low, high : int

    Returns
    -------
    IntSlider
    """
    return widgets.IntSlider(value=low, min=low, max=high, description=words, **WIDTHS)


def meant(slider: widgets.Widget) -> float:
    """Return the value of a slider without what binary steps leave behind.

    Parameters
    ----------
    slider : FloatSlider or IntSlider

    Returns
    -------
    float or int

    Examples
    --------
    >>> meant(widgets.FloatSlider(value=0.1 + 0.2, max=1.0))
    0.3
    """
    return slider.value if isinstance(slider.value, int) else round(slider.value, PLACES)


def put(slider: widgets.FloatSlider, value: float) -> None:
    """Set a slider to a saved value, and widen it where the value lies outside.

    Parameters
    ----------
    slider : FloatSlider or IntSlider
    value : float

    Examples
    --------
    >>> slider = share_slider("Staff", 0.0, 0.4, 0.005)
    >>> put(slider, 0.5)
    >>> slider.value, slider.max
    (0.5, 0.5)
    """
    slider.max, slider.min = max(slider.max, value), min(slider.min, value)
    slider.value = value
